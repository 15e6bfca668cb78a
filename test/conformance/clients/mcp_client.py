"""`mcp`, the official SDK for Python."""

import asyncio
from contextlib import asynccontextmanager

from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from program import run_program


@asynccontextmanager
async def connect(server, revision):
    headers = {"Authorization": f"Bearer {server['token']}"}
    async with create_mcp_http_client(headers=headers) as http_client:
        transport = streamable_http_client(server["url"], http_client=http_client)
        async with Client(transport, mode="auto" if revision == "2026-07-28" else "legacy") as client:
            yield client


async def tool_names(client):
    return [tool.name for tool in (await client.list_tools()).tools]


async def call(client, tool, arguments):
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise RuntimeError("\n".join(part.text for part in result.content))
    return result.structured_content


asyncio.run(run_program(connect, tool_names, call))
