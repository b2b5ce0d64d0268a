"""The console's pages and what they ask for."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from accelerator.console.asked import Missing, body, named, reveals
from accelerator.console.failures import Asked, Looks, without_data
from accelerator.console.feed import Feed, words
from accelerator.console.guard import Guard
from accelerator.console.machine import graph
from accelerator.console.objects import page, readable, timeline
from accelerator.deployment import PROJECT, Deployment
from accelerator.executions.log_groups import untold
from accelerator.executions.source import Source
from accelerator.executions.trace import message_id, story
from accelerator.failures.failure import Filter
from accelerator.failures.look import look
from accelerator.failures.redrive import redrive
from accelerator.fire import entries, event_of, fire
from accelerator.objects.listing import Wanted
from accelerator.objects.stored import read
from accelerator.problem import Problem
from accelerator.rules import untaken
from domain.event_types import ENTITIES, fired
from domain.start import NotRedrivable
from domain.untrusted import REASON, short
from mock_api.bodies import BoundedBodies
from mock_api.event_api import MAX_COUNT
from mock_api.faults import EXAMPLES

PAGE = str(files("accelerator.console") / "page")
# What the page is made with, as npm installed it: no file that carries another package, unseen by
# `npm audit`.
VENDOR = {
    "preact.js": "preact/dist/preact.mjs",
    "hooks.js": "preact/hooks/dist/hooks.mjs",
    "htm.js": "htm/dist/htm.module.js",
    "dagre.js": "@dagrejs/dagre/dist/dagre.esm.js",
}
# What is told in a line; anything else is a bug.
TOLD = (Problem, ValueError, NotRedrivable, BotoCoreError, ClientError)
REDRIVES_A_SECOND = 50


def create_app(cloud: Deployment, source: Source, port: int, token: str) -> ASGIApp:
    """The application for a deployment, whose executions `source` tells of."""
    console = Console(cloud, source)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(console.feed.follow())
        yield
        following.cancel()

    app = Starlette(
        routes=[
            Route("/", lambda _: FileResponse(f"{PAGE}/index.html")),
            Route("/vendor/{name}", vendored),
            Route("/api/about", console.about),
            Route("/api/stream", console.stream),
            Route("/api/execution", console.execution),
            Route("/api/objects", console.objects),
            Route("/api/history", console.history),
            Route("/api/object", console.object),
            Route("/api/failures", console.failures),
            Route("/api/failure", console.failure),
            Route("/api/failures/redrive", console.redrive, methods=["POST"]),
            Route("/api/fire", console.fire, methods=["POST"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(BoundedBodies)],
        exception_handlers=dict.fromkeys(TOLD, told_problem),
        lifespan=lifespan,
    )
    # Around all of it: Starlette's own middleware is within what answers a bug with 500.
    return Guard(app, port, token)


async def vendored(request: Request) -> Response:
    """A library of the page's; what it imports of another is named as it is served here."""
    path = VENDOR.get(request.path_params["name"])
    if path is None:
        return Response(status_code=404)
    script = (PROJECT / "node_modules" / path).read_text(encoding="utf-8")
    served = script.replace('from"preact"', 'from"/vendor/preact.js"')
    return Response(served, media_type="text/javascript")


async def told_problem(request: Request, error: Exception) -> Response:
    """A problem as one line: nothing there, AWS refuses or is out of reach, or asked wrongly."""
    refused = isinstance(error, BotoCoreError | ClientError)
    status = 404 if isinstance(error, Missing) else 502 if refused else 400
    told = words(error) if isinstance(error, EndpointConnectionError) else str(error)
    return Json({"problem": short(told, REASON)}, status)


class Json(JSONResponse):
    """JSON in ASCII, in which any text that was kept can be told."""

    def render(self, content: Any) -> bytes:
        """The content as it is sent."""
        return json.dumps(content).encode()


class Console:
    """Answers for one deployment."""

    def __init__(self, cloud: Deployment, source: Source) -> None:
        self.feed = Feed(source)
        self._cloud = cloud
        self._source = source
        self._looks = Looks(cloud)
        # A message that one request looks at is hidden from another.
        self._queues = asyncio.Lock()

    async def about(self, request: Request) -> Response:
        """Which deployment this is, its state machine, and what may be fired at it."""
        described = await run_in_threadpool(
            self._cloud.stepfunctions.describe_state_machine,
            stateMachineArn=self._cloud.outputs.state_machine_arn,
        )
        account = "the local cloud" if self._cloud.is_local else described["stateMachineArn"]
        return Json(
            {
                "cloud": account,
                "bucket": self._cloud.outputs.response_bucket_name,
                "machine": graph(json.loads(described["definition"])),
                "entities": ENTITIES,
                "eventTypes": fired(self._cloud.contract) if self._cloud.may_be_fired_at else [],
                "magicIds": EXAMPLES,
                "maxCount": MAX_COUNT,
                "untold": untold(described),
            }
        )

    async def stream(self, request: Request) -> Response:
        """The executions as they happen."""
        return StreamingResponse(self.feed.stream(), media_type="text/event-stream")

    async def execution(self, request: Request) -> Response:
        """One execution whole, and the id of the failure that it ended as."""
        try:
            found = await run_in_threadpool(self._source.execution, named(request, "arn"))
        except Problem as problem:
            raise Missing(str(problem)) from None
        failure_id = message_id(found) if found.outcome == "failed" else None
        return Json(story(found, reveals(request)) | {"failureId": failure_id})

    async def objects(self, request: Request) -> Response:
        """A page of what is stored, `after` another key."""
        prefix = request.query_params.get("prefix", "")
        after = request.query_params.get("after", "")
        return Json(await run_in_threadpool(page, self._cloud, prefix, after))

    async def history(self, request: Request) -> Response:
        """The stored states of the entity `id`, each with what changed in it."""
        wanted = Wanted(request.query_params.get("entity") or None, named(request, "id"))
        return Json(await run_in_threadpool(timeline, self._cloud, wanted, reveals(request)))

    async def object(self, request: Request) -> Response:
        """`{"metadata", "text"}`: an object's, as text whatever it holds."""
        try:
            found = await run_in_threadpool(read, self._cloud, named(request, "key"))
        except Problem as problem:
            raise Missing(str(problem)) from None
        text = readable(found.content, reveals(request))
        return Json({"metadata": found.metadata, "text": text})

    async def failures(self, request: Request) -> Response:
        """The newest failures that are asked for, without their events, and counts of all."""
        asked = Asked(**{name: request.query_params.get(name, "") for name in Asked._fields})
        async with self._queues:
            return Json(await run_in_threadpool(self._looks.overview, asked))

    async def failure(self, request: Request) -> Response:
        """One failure with its event."""
        failure_id, reveal = named(request, "id"), reveals(request)

        def looked() -> dict[str, Any] | None:
            bucket = self._cloud.outputs.response_bucket_name
            with look(self._cloud, Filter((failure_id,), exact=True)) as found:
                return next((each.whole_or_why(self._cloud.s3, bucket) for each in found), None)

        async with self._queues:
            whole = await run_in_threadpool(looked)
        if whole is None:
            raise Missing(
                "this failure is not there, or not any more: somebody sent it again or purged it"
            )
        return Json(whole if reveal else without_data(whole))

    async def redrive(self, request: Request) -> Response:
        """Start executions with the failures `{"ids"}`: `{"started", "told": [what is left]}`."""
        ids = tuple((await body(request, ids=list))["ids"])
        if not ids or not all(isinstance(each, str) and each for each in ids):
            raise Problem("no failure is named")
        async with self._queues:
            result = await run_in_threadpool(
                redrive, self._cloud, Filter(ids, exact=True), REDRIVES_A_SECOND
            )
        return Json({"started": result.started, "told": list(result.told())})

    async def fire(self, request: Request) -> Response:
        """Put `count` events of a type on the bus, about the entity `id` where one is given.

        `{"sent", "untaken"}`: how many, and what to say of those that no rule takes.
        """
        asked = await body(request, eventType=str, id=str | None, count=int)
        event_type, entity_id, count = asked["eventType"], asked["id"] or None, asked["count"]
        if not 1 <= count <= MAX_COUNT:
            raise Problem(f"give a count of 1 to {MAX_COUNT}")
        told = await run_in_threadpool(self._fire, event_type, entity_id, count)
        return Json({"sent": count, "untaken": told})

    def _fire(self, event_type: str, entity_id: str | None, count: int) -> str | None:
        contract = self._cloud.contract
        each = [entries(contract, event_type, entity_id) for _ in range(count)]
        sent = list(itertools.chain(*each))
        list(fire(self._cloud, sent))
        return untaken(self._cloud, map(event_of, sent))
