"""What answers a policy's calls: worlds made from schemas, Python classes, recordings, MCP servers; and its user.

Start with `protocol`, what an environment is; `conversation` holds one with a policy.
"""
