"""Rows for any toolset, made from its schemas by rule, without a model."""
