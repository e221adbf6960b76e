"""A file of tools, or an OpenAPI document, from its address on the web."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from rlvr.data.document import MAX_DOCUMENT_BYTES
from rlvr.data.toolsets import tool_files
from rlvr.data.toolsets.loaded import LoadedTools, Selection, ToolSource
from rlvr.errors import UserError, one_line

_SECONDS = 60
_OF_MCP_SERVERS = (400, 405, 406)
"""What MCP servers answer to somebody who asks for a document."""


def tools(url: str, selection: Selection) -> LoadedTools:
    """Return the tools that a document on the web describes.

    Raises:
        UserError: it cannot be brought, or is none that a file of tools may be.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, Path(urlsplit(url).path).name or "document")
        path.write_bytes(_content(url))
        try:
            return tool_files.tools(str(path), selection)
        except UserError as error:
            raise UserError(str(error).replace(str(path), url)) from None


def _content(url: str) -> bytes:
    import httpx2  # a quarter of a second, which no command's help should take

    content = bytearray()
    try:
        with httpx2.stream("GET", url, follow_redirects=True, timeout=_SECONDS) as response:
            if response.is_error:
                advice = f"; an MCP server's is written mcp:{url}" if response.status_code in _OF_MCP_SERVERS else ""
                raise UserError(f"{url}: answers with HTTP {response.status_code}{advice}")
            if "html" in response.headers.get("content-type", ""):
                raise UserError(f"{url}: is a page to be read; name the document itself, on GitHub that behind 'Raw'")
            for part in response.iter_bytes():
                content += part
                if len(content) > MAX_DOCUMENT_BYTES:
                    raise UserError(f"{url}: more than {MAX_DOCUMENT_BYTES / 1e6:.0f} MB")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise UserError(f"{url}: cannot be brought: {one_line(error) or type(error).__name__}") from None
    return bytes(content)


SOURCE = ToolSource(
    "a document on the web: https://…, read as a file", lambda source: source.startswith(("http://", "https://")), tools
)
