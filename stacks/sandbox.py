"""A Buy with Prime of one's own: the mock GraphQL API and the Event API, on AWS."""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from domain.names import EVENT_API, GRAPHQL_API
from stacks.acknowledgments import acknowledge
from stacks.functions import Function
from stacks.settings import Settings

STAGE = "prod"
EVENTS_A_SECOND = 20


class BuyWithPrimeSandboxStack(Stack):
    """What stands in for Buy with Prime where no endpoint or no bus is configured.

    `api_url` is the address of the GraphQL API.
    """

    def __init__(
        self, scope: Construct, id: str, settings: Settings, bus_name: str, **stack: Any
    ) -> None:
        super().__init__(scope, id, **stack)
        self.function = self._build_function(settings, bus_name)
        graphql_api = self._build_graphql_api()
        event_api = self._build_event_api()
        self.api_url = address(settings, graphql_api, "graphql")
        CfnOutput(self, "GraphqlApiUrl", value=self.api_url)
        CfnOutput(self, "EventApiUrl", value=address(settings, event_api, "put-event"))

    def _build_function(self, settings: Settings, bus_name: str) -> Function:
        bus_arn = settings.event_bus_arn or self.format_arn(
            service="events", resource="event-bus", resource_name=bus_name
        )
        function = Function(
            self,
            "MockApi",
            "mock_api",
            settings,
            {"EVENT_BUS_NAME": bus_arn},
            "mock_api.aws_lambda.handler",
            timeout=Duration.seconds(20),
        )
        function.allow("events:PutEvents", bus_arn)
        return function

    def _build_graphql_api(self) -> apigateway.RestApi:
        """The GraphQL API, which checks the bearer token itself, as the real one does."""
        api = self._build_api(GRAPHQL_API)
        api.root.add_resource("graphql").add_method("POST", self._integration())
        return api

    def _build_event_api(self) -> apigateway.RestApi:
        """The Event API: nobody without the key can put events on the bus, nor many at once."""
        api = self._build_api(EVENT_API)
        family = api.root.add_resource("put-event").add_resource("{family}")
        family.add_method("POST", self._integration(), api_key_required=True)
        plan = api.add_usage_plan(
            "UsagePlan",
            api_stages=[apigateway.UsagePlanPerApiStage(stage=api.deployment_stage)],
            throttle=apigateway.ThrottleSettings(
                rate_limit=EVENTS_A_SECOND, burst_limit=2 * EVENTS_A_SECOND
            ),
        )
        key = api.add_api_key("ApiKey")
        plan.add_api_key(key)
        CfnOutput(self, "EventApiKeyId", value=key.key_id)
        return api

    def _build_api(self, name: str) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            name.replace("-api", "Api"),
            rest_api_name=name,
            cloud_watch_role=False,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                tracing_enabled=True,
                throttling_rate_limit=200,
                throttling_burst_limit=400,
            ),
        )
        acknowledge(
            api,
            "The sandbox holds made-up data, and the function judges requests itself.",
            "AwsSolutions-APIG1",
            "AwsSolutions-APIG2",
            "AwsSolutions-APIG3",
            "AwsSolutions-APIG4",
            "AwsSolutions-APIG6",
            "AwsSolutions-COG4",
            "Serverless-APIGWAccessLogging",
            "Serverless-APIGWStructuredLogging",
        )
        return api

    def _integration(self) -> apigateway.LambdaIntegration:
        return apigateway.LambdaIntegration(self.function, allow_test_invoke=False)


def address(settings: Settings, api: apigateway.RestApi, path: str) -> str:
    """Where an API is: on AWS, or on the local cloud that AWS_ENDPOINT_URL names."""
    if settings.endpoint:
        return f"{settings.endpoint}/restapis/{api.rest_api_id}/{STAGE}/_user_request_/{path}"
    return api.url_for_path(f"/{path}")
