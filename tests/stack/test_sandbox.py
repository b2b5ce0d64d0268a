"""The sandbox: the Event API is for holders of its key only."""

from typing import Any

from tests.stack.synth import DEFAULT, EXISTING, SANDBOX, named, resources, template
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
    assert plan["Throttle"] == {"RateLimit": 20, "BurstLimit": 40}


def test_the_mock_may_put_events_on_the_bus_only() -> None:
    def allowed(settings: Any) -> Any:
        (policy,) = resources(settings, "AWS::IAM::Policy", SANDBOX).values()
        return {
            str(statement["Action"]): short(statement["Resource"])
            for statement in policy["PolicyDocument"]["Statement"]
        }

    found = allowed(DEFAULT)
    assert len(found) == 3
    assert found["events:PutEvents"].endswith(":event-bus/event-accelerator")
    assert allowed(EXISTING)["events:PutEvents"] == EXISTING.event_bus_arn


def test_outputs_tell_the_addresses_and_the_key() -> None:
    outputs = template(DEFAULT, SANDBOX)["Outputs"]
    assert {"GraphqlApiUrl", "EventApiUrl", "EventApiKeyId"} <= outputs.keys()
    function = named(DEFAULT, "AWS::Lambda::Function", "MockApi", SANDBOX)
    assert function["Handler"] == "mock_api.aws_lambda.handler"
