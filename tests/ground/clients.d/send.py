"""requests, httpx and aiohttp: lines, lines from a generator (chunked), an array by json=, gzip, zstd."""
import asyncio
import gzip
import json
import sys

import aiohttp
import httpx
import requests
import zstandard

url, file = sys.argv[2] + "/trips", sys.argv[3]
lines = open(file, "rb").read()
events = [json.loads(line) for line in lines.splitlines()]
ndjson = {"Content-Type": "application/x-ndjson"}


def pieces():
    for at in range(0, len(lines), 4096):
        yield lines[at:at + 4096]


async def pieces_later():
    for piece in pieces():
        yield piece


CASES = [
    ("lines", {"data": lines, "headers": ndjson}),
    ("lines, chunked", {"data": pieces, "headers": ndjson}),
    ("json=[...]", {"json": events}),
    ("gzip", {"data": gzip.compress(lines), "headers": {**ndjson, "Content-Encoding": "gzip"}}),
    ("zstd", {"data": zstandard.compress(lines), "headers": {**ndjson, "Content-Encoding": "zstd"}}),
]


def tell(how, status, text):
    print(f"{how}: {status} {text.strip()}")


def filled(arguments, make):
    data = arguments.get("data")
    return {**arguments, "data": make()} if callable(data) else arguments


def by_requests():
    print("version", requests.__version__)
    with requests.Session() as session:
        for how, arguments in CASES:
            reply = session.post(url, **filled(arguments, pieces))
            tell(how, reply.status_code, reply.text)


def by_httpx():
    print("version", httpx.__version__)
    with httpx.Client() as client:
        for how, arguments in CASES:
            arguments = filled(arguments, pieces)
            if "data" in arguments:
                arguments = {**arguments, "content": arguments["data"]}
                del arguments["data"]
            reply = client.post(url, **arguments)
            tell(how, reply.status_code, reply.text)


async def by_aiohttp():
    print("version", aiohttp.__version__)
    async with aiohttp.ClientSession() as session:
        for how, arguments in CASES:
            async with session.post(url, **filled(arguments, pieces_later)) as reply:
                tell(how, reply.status, await reply.text())


{"requests": by_requests, "httpx": by_httpx, "aiohttp": lambda: asyncio.run(by_aiohttp())}[sys.argv[1]]()
