"""A run as one HTML file that opens offline: what improved, what broke, and the groups behind each number."""
