"""Signing in to the chat: by password, or by the header of a gateway, as the settings have it."""

import asyncio
from collections.abc import Mapping
from typing import cast

import chainlit as cl
from chainlit.auth import decode_jwt, get_token_from_cookies
from chainlit.config import config

from app.web.access import Access, User
from app.web.running import running

SESSION_SECONDS = 12 * 3600  # after which one signs in again
WRONG_SECONDS = 1.0  # that a wrong password costs


def offer_sign_in(access: Access) -> None:
    """Register with the framework what the settings ask for; nothing where nobody has to sign in."""
    config.project.user_session_timeout = SESSION_SECONDS
    if access.passwords:

        async def by_password(name: str, password: str) -> cl.User | None:
            known = await asyncio.to_thread(access.name_by_password, name, password)
            if known is None:
                await asyncio.sleep(WRONG_SECONDS)
            return cl.User(identifier=known) if known else None

        cl.password_auth_callback(by_password)
    if access.header:

        async def by_header(headers: Mapping[str, str]) -> cl.User | None:
            name = access.name_in_headers(headers)
            return cl.User(identifier=name) if name else None

        cl.header_auth_callback(by_header)


def current_user() -> User | None:
    """Who the running chat belongs to; whether it is an admin is looked up each time, not kept in the session."""
    signed_in = cl.user_session.get("user")
    return running.access.user(signed_in.identifier if signed_in else None)


def name_in_cookies(cookies: Mapping[str, str]) -> str | None:
    """The name in the chat's own cookie, None where there is none or it is not valid any more."""
    token = get_token_from_cookies(dict(cookies))
    if not token:
        return None
    try:
        return cast("str", decode_jwt(token).identifier)
    except Exception:  # noqa: BLE001  the token is a stranger's: whatever is wrong with it, nobody is signed in
        return None
