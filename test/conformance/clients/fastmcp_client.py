"""`fastmcp`, a client that many Python programs use."""

import asyncio

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from program import run_program


def connect(server, revision):
    headers = {"Authorization": f"Bearer {server['token']}"}
    mode = "auto" if revision == "2026-07-28" else "legacy"
    return Client(StreamableHttpTransport(server["url"], headers=headers), mode=mode)


async def tool_names(client):
    return [tool.name for tool in await client.list_tools()]


async def call(client, tool, arguments):
    return (await client.call_tool(tool, arguments)).structured_content


asyncio.run(run_program(connect, tool_names, call))
