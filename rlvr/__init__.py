"""Train and evaluate small models that call tools, with rewards that anyone can verify."""

__version__ = "0.1.0"
