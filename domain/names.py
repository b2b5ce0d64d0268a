"""The physical names of a deployment, which others have to know before it is there."""

import zlib

PREFIX = "event-accelerator"
STACK = "EventAcceleratorStack"
SANDBOX_STACK = "BuyWithPrimeSandboxStack"
OPERATIONS_STACK = "OperationsStack"
STATE_MACHINE = "HydrateEvent"
EVENT_BUS = PREFIX
# How the function's logical id in the stack begins.
QUERY_API = "FunctionsQueryApi"
GRAPHQL_API = "Graphql-api"
EVENT_API = "Event-api"
# Public knowledge: the token of Buy with Prime's mock, and of ours on this machine.
MOCK_TOKEN = "custom-authorized"  # noqa: S105


def rule(family: str) -> str:
    """The rule of a family's events, by which EventBridge's metrics are told."""
    return f"{PREFIX}-{family}"


def archive(family: str, bus: str) -> str:
    """The archive of a family's events on a bus.

    One of another bus has another name: an archive cannot change its bus, and CloudFormation
    replaces nothing by what has the same name.
    """
    name = f"{PREFIX}-{family}"
    return name if bus == EVENT_BUS else f"{name}-{zlib.crc32(bus.encode()):08x}"


def saved_query(name: str) -> str:
    """A saved query of CloudWatch Logs Insights."""
    return f"{PREFIX}/{name}"


def execution_log_group(stack: str) -> str:
    """The state machine's log group. Step Functions adds those so named to no resource policy."""
    return f"/aws/vendedlogs/states/{stack}"
