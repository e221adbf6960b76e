"""The model that is trained: loading it, and the small one that comes with the package."""
