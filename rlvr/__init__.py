"""Train, evaluate and serve small models that call tools, with rewards that anyone can verify."""

__version__ = "0.1.0"
