"""A small shop, whose tools read, find, create, change and end records, act and answer."""

from __future__ import annotations

from typing import Any

import pytest


def tool(name: str, description: str, required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


STRING = {"type": "string"}


@pytest.fixture(scope="session")
def shop() -> list[dict[str, Any]]:
    return [
        tool("get_order", "Show an order.", ("order_id",), order_id=STRING),
        tool("find_orders", "Find orders.", (), email={"type": "string", "format": "email"}, limit={"type": "integer"}),
        tool(
            "create_order",
            "Create an order.",
            ("customer_id", "quantity"),
            customer_id=STRING,
            quantity={"type": "integer", "minimum": 1, "maximum": 9},
            gift={"type": "boolean", "default": False},
        ),
        tool(
            "update_order",
            "Change an order.",
            ("order_id",),
            order_id=STRING,
            email={"type": "string", "format": "email"},
        ),
        tool("cancel_order", "Cancel an order.", ("order_id", "reason"), order_id=STRING, reason=STRING),
        tool("get_customer", "Show a customer.", ("customer_id",), customer_id=STRING),
        tool("send_message", "Send a message.", ("customer_id", "text"), customer_id=STRING, text=STRING),
        tool("calculate", "Calculate.", ("expression",), expression=STRING),
    ]
