"""A person in the chat, without a browser: the messages of its page over a real websocket."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import socketio


@dataclass
class Chat:
    """One open page. `elements` are the newest properties of what stands on it, by name."""

    socket: socketio.AsyncClient
    elements: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, text: str) -> None:
        """Ask; `elements` fill while the answer comes."""
        self.elements.clear()
        self.ended.clear()
        step = {
            "id": str(uuid.uuid4()), "threadId": "", "name": "User", "type": "user_message", "output": text,
            "createdAt": None, "metadata": {},
        }  # fmt: skip
        await self.socket.emit("client_message", {"message": step, "fileReferences": []})

    async def until(self, name: str, seconds: float = 60.0) -> dict[str, Any]:
        """The properties of this element, once it stands on the page."""
        async with asyncio.timeout(seconds):
            while name not in self.elements:
                self.heard.clear()
                await self.heard.wait()
        return self.elements[name]

    async def ask(self, text: str, seconds: float = 180.0) -> dict[str, dict[str, Any]]:
        """Ask and wait until the page is told that the answer is through; what stands on it then."""
        await self.send(text)
        async with asyncio.timeout(seconds):
            await self.ended.wait()
        return dict(self.elements)


@asynccontextmanager
async def open_chat(url: str, **headers: str) -> AsyncIterator[Chat]:
    """A page that is open until the block is left."""
    socket = socketio.AsyncClient(reconnection=False)
    chat = Chat(socket)

    @socket.on("element")
    def element(data: dict[str, Any]) -> None:
        chat.elements[data["name"]] = data["props"]
        chat.heard.set()

    @socket.on("task_end")
    def task_end(_: object = None) -> None:
        if chat.elements:  # the page is told so when it connects as well
            chat.ended.set()

    who = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "userEnv": "{}", "chatProfile": "", "threadId": ""}
    await socket.connect(url, headers=headers, auth=who, transports=["websocket"], socketio_path="/ws/socket.io")
    try:
        await socket.emit("connection_successful")
        yield chat
    finally:
        await socket.disconnect()
