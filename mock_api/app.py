"""The mock Buy with Prime, as one ASGI application: GraphQL API of both contracts, Event API."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.family import MOCK
from domain.names import MOCK_TOKEN
from mock_api.bodies import BoundedBodies
from mock_api.event_api import MAX_COUNT, EventApi
from mock_api.faults import SILENT_SECONDS, Conditions
from mock_api.graphql_api import GraphQLApi
from mock_api.oauth import OAuth
from mock_api.published.api import VERSION_HEADER, PublishedApi
from mock_api.wire import Wire

TOKEN_SECONDS = 3600
# A quarter of an hour (the reference: authenticate-to-the-buy-with-prime-api).
PUBLISHED_TOKEN_SECONDS = 900


def create_app(
    events: Any,
    bus: str,
    reset: Callable[[Request], None],
    token: str = MOCK_TOKEN,
    max_count: int = MAX_COUNT,
    silent_seconds: float = SILENT_SECONDS,
    published_token: str | None = None,
    contract: str = MOCK,
) -> Starlette:
    """The application.

    Args:
        events: a boto3 client of EventBridge.
        bus: name or ARN of the bus that the Event API puts events on.
        reset: ends the connection of the request it is given without an answer.
        token: the bearer token that the mock accelerator's API takes, beside those it grants.
        max_count: the most events that one request puts on the bus.
        silent_seconds: how long a timeout that is asked for lasts.
        published_token: the bearer token, if any, that the published API takes likewise.
        contract: the contract whose events the Event API puts on the bus.
    """
    wire = Wire(reset, silent_seconds)
    oauth = OAuth(TOKEN_SECONDS, token)
    published_oauth = OAuth(PUBLISHED_TOKEN_SECONDS, published_token)
    event_api = EventApi(events, bus, max_count, contract)
    graphql_api = GraphQLApi(wire, oauth)
    published_api = PublishedApi(wire, published_oauth)

    async def graphql(request: Request) -> Response:
        published = VERSION_HEADER in request.headers
        return await (published_api(request) if published else graphql_api(request))

    async def set_conditions(request: Request) -> JSONResponse:
        wire.conditions = Conditions(**await request.json())
        return JSONResponse({})

    async def rotate_secret(request: Request) -> JSONResponse:
        secret = (await request.json())["secret"]
        for each in (oauth, published_oauth):
            each.require(secret)
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["POST"]),
            Route("/put-event/{family}", event_api.__call__, methods=["POST"]),
            Route("/oauth/token", oauth.basic, methods=["POST"]),
            Route("/token", published_oauth.in_body, methods=["POST"]),
            Route("/oauth/secret", rotate_secret, methods=["PUT"]),
            Route("/conditions", set_conditions, methods=["PUT"]),
        ],
        middleware=[Middleware(BoundedBodies)],
    )
