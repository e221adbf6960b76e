"""Record what an MCP server answers, once, as conversations that a policy is trained on without the server.

    python record_mcp.py 'npx -y @modelcontextprotocol/server-memory' requests.jsonl episodes.jsonl turns.jsonl

Each line of the requests says what a user wants, the calls that do it, and the last words:

    {"user": "Who is Ann?", "calls": [{"name": "open_nodes", "arguments": {"names": ["Ann"]}}], "say": "A nurse."}

The server is started for each of them, so that none finds what another has left in its memory; what it keeps on disk
stays. The episodes are for GRPO and evaluation, their turns for SFT; `rlvr play episodes.jsonl` tries one.
"""

from __future__ import annotations

import shlex
import sys
from itertools import chain

from rewards import ToolCall
from rlvr.data.toolsets import load_tools
from rlvr.data.toolsets.mcp_server import Server
from rlvr.environments.episode import Episode, Step
from rlvr.environments.mcp_server import McpEnvironment
from rlvr.environments.opening import open_environment
from rlvr.environments.recording import Recorder
from rlvr.environments.turns import rows_of
from rlvr.files import JsonObject, read_objects, write_lines


def recorded(request: JsonObject, server: Server, tools: list[JsonObject]) -> Episode:
    """Return the conversation in which the server was asked for these calls."""
    live = Recorder(McpEnvironment(server))
    try:
        for call in request["calls"]:
            live.answer(ToolCall(call["name"], call["arguments"]))
    finally:
        live.close()
    steps = [Step((each.call,)) for each in live.recorded]
    prompt = [{"role": "user", "content": request["user"]}]
    calls = [each.to_json() for each in live.recorded]
    return Episode(prompt, tools, "recording", {"calls": calls}, (*steps, Step(text=request["say"])))


if __name__ == "__main__":
    command, requests, episodes_path, turns_path = sys.argv[1:]
    server, tools = Server(tuple(shlex.split(command))), load_tools(f"mcp:{command}").tools
    episodes = [recorded(request, server, tools) for _, request in read_objects(requests)]
    write_lines(episodes_path, (episode.to_json() for episode in episodes), source=requests)
    turns = chain.from_iterable(rows_of(episode, open_environment(episode)) for episode in episodes)
    write_lines(turns_path, (row.to_json() for row in turns))
    print(f"wrote {episodes_path} and {turns_path}: {len(episodes)} conversations with {len(tools)} tools")
