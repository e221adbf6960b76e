"""Rewards in the shape that each trainer expects; one module per trainer."""
