"""What each client program in Python does: the same as program.ts."""

import json
import sys


def innermost(error):
    """The error a group of errors is about."""
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]
    return error


async def attempt(connect, server, revision, ask):
    try:
        async with connect(server, revision) as client:
            return {"value": await ask(client)}
    except BaseException as error:
        return {"error": str(innermost(error))}


async def run_program(connect, tool_names, call):
    """Reads a job, goes through its steps and writes what came of each as one line of JSON.

    connect(server, revision) is an asynchronous context of a client, tool_names(client) lists,
    call(client, tool, arguments) gives the structured content or raises the text of the error.
    """
    job = json.load(sys.stdin)
    revision, vault, exhausted = job["revision"], job["vault"], job["exhausted"]
    stranger = {**exhausted, "token": "evt_dev_wrong"}

    def decrypt(top_k):
        arguments = {"encrypted_blob_b64": job["blob"], "top_k": top_k}
        return lambda client: call(client, "decrypt_scores", arguments)

    outcomes = {
        "list": await attempt(connect, vault, revision, tool_names),
        "public key": await attempt(connect, vault, revision, lambda client: call(client, "get_public_key", {})),
        "decrypt": await attempt(connect, vault, revision, decrypt(10)),
        "bad token": await attempt(connect, stranger, revision, tool_names),
        "top_k": await attempt(connect, vault, revision, decrypt(11)),
        "rate": await attempt(connect, exhausted, revision, decrypt(10)),
    }
    print(json.dumps(outcomes))
