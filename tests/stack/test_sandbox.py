"""The sandbox: its APIs are for holders of their key and token only, and bound what these ask."""

from typing import Any

from aws_cdk import App

from domain.names import EVENT_BUS, MOCK_TOKEN
from mock_api import faults
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.functions import API_TIMEOUT_SECONDS
from stacks.sandbox import BuyWithPrimeSandboxStack
from stacks.settings import Settings
from tests.stack.synth import (
    ACCELERATOR,
    DEFAULT,
    EXISTING,
    SANDBOX,
    named,
    resources,
    template,
)
from tests.stack.test_stack import short


def methods() -> dict[str, dict[str, Any]]:
    """The methods of both APIs, by the last part of their path."""
    paths = {
        name: resource["PathPart"]
        for name, resource in resources(DEFAULT, "AWS::ApiGateway::Resource", SANDBOX).items()
    }
    return {
        paths[method["ResourceId"]["Ref"]]: method
        for method in resources(DEFAULT, "AWS::ApiGateway::Method", SANDBOX).values()
    }


def test_the_event_api_needs_its_key_and_the_graphql_api_its_token() -> None:
    found = methods()
    assert found.keys() == {"{family}", "graphql"}
    assert found["{family}"]["HttpMethod"] == found["graphql"]["HttpMethod"] == "POST"
    assert found["{family}"]["ApiKeyRequired"] is True
    assert not found["graphql"].get("ApiKeyRequired")


def test_the_event_api_is_named_staged_and_throttled() -> None:
    names = {a["Name"] for a in resources(DEFAULT, "AWS::ApiGateway::RestApi", SANDBOX).values()}
    assert names == {"Event-api", "Graphql-api"}
    stages = resources(DEFAULT, "AWS::ApiGateway::Stage", SANDBOX).values()
    assert {stage["StageName"] for stage in stages} == {"prod"}
    (plan,) = resources(DEFAULT, "AWS::ApiGateway::UsagePlan", SANDBOX).values()
    function = named(DEFAULT, "AWS::Lambda::Function", "MockApi", SANDBOX)
    events = int(function["Environment"]["Variables"]["MAX_COUNT"])
    assert plan["Throttle"]["RateLimit"] * events == 20
    assert plan["Throttle"]["BurstLimit"] * events == 100
    assert plan["Quota"]["Limit"] * events == 100_000
    assert plan["Quota"]["Period"] == "DAY"


def test_no_request_holds_the_function_for_much_longer_than_query_api_waits() -> None:
    function = named(DEFAULT, "AWS::Lambda::Function", "MockApi", SANDBOX)
    silent = int(function["Environment"]["Variables"]["SILENT_SECONDS"])
    assert silent == API_TIMEOUT_SECONDS + 1
    assert f"504 after {silent} seconds" in (faults.__doc__ or "")
    assert function["Timeout"] == silent + 1
    for stage in resources(DEFAULT, "AWS::ApiGateway::Stage", SANDBOX).values():
        (limits,) = stage["MethodSettings"]
        assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (40, 80)


def test_a_new_account_which_reserves_no_concurrency_takes_it() -> None:
    function = named(DEFAULT, "AWS::Lambda::Function", "MockApi", SANDBOX)
    assert "ReservedConcurrentExecutions" not in function


def test_the_token_is_made_in_the_account_and_read_where_it_is_needed() -> None:
    app = App(context={"aws:cdk:disable-asset-staging": True})
    sandbox = BuyWithPrimeSandboxStack(app, SANDBOX, Settings(), EVENT_BUS)
    EventAcceleratorStack(app, ACCELERATOR, Settings(), sandbox.api_url, sandbox.token)
    assembly = app.synth()
    both = [assembly.get_stack_by_name(n).template["Resources"] for n in (SANDBOX, ACCELERATOR)]
    (secret,) = (
        each["Properties"]
        for each in both[0].values()
        if each["Type"] == "AWS::SecretsManager::Secret"
    )
    assert secret.keys() == {"GenerateSecretString"}
    assert MOCK_TOKEN not in str(both)
    variables = {
        name: function["Properties"]["Environment"]["Variables"]
        for resources in both
        for name, function in resources.items()
        if function["Type"] == "AWS::Lambda::Function"
    }
    told = {
        name: (given.get("TOKEN_SECRET_ARN") or given.get("CREDENTIALS_SECRET_ARN"))
        for name, given in variables.items()
    }
    (mock,) = (arn for name, arn in told.items() if "MockApi" in name)
    (query_api,) = (arn for name, arn in told.items() if "QueryApi" in name)
    assert short(mock) == "<ApiToken>"
    assert "ExportsOutputRefApiToken" in str(query_api)


def test_the_mock_may_put_events_on_the_bus_and_read_its_token_only() -> None:
    def allowed(settings: Any) -> Any:
        (policy,) = resources(settings, "AWS::IAM::Policy", SANDBOX).values()
        return {
            str(statement["Action"]): short(statement["Resource"])
            for statement in policy["PolicyDocument"]["Statement"]
        }

    found = allowed(DEFAULT)
    assert len(found) == 4
    assert found["secretsmanager:GetSecretValue"] == "<ApiToken>"
    assert found["events:PutEvents"].endswith(":event-bus/event-accelerator")
    assert allowed(EXISTING)["events:PutEvents"] == EXISTING.event_bus_arn


def test_outputs_tell_the_addresses_and_the_key() -> None:
    outputs = template(DEFAULT, SANDBOX)["Outputs"]
    assert {"GraphqlApiUrl", "EventApiUrl", "EventApiKeyId"} <= outputs.keys()
    function = named(DEFAULT, "AWS::Lambda::Function", "MockApi", SANDBOX)
    assert function["Handler"] == "mock_api.aws_lambda.handler"
