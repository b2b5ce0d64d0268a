"""A Buy with Prime of one's own: the mock GraphQL API and the Event API, on AWS."""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.names import EVENT_API, GRAPHQL_API
from stacks.acknowledgments import acknowledge
from stacks.functions import API_TIMEOUT_SECONDS, Function
from stacks.settings import Settings

STAGE = "prod"
# What the Event API's key is good for, in events and not in requests, each of which may put ten.
EVENTS_A_SECOND = 20
EVENTS_A_DAY = 100_000
EVENTS_A_REQUEST = 10
# One for each event, and as many for what is tried again.
QUERIES_A_SECOND = 2 * EVENTS_A_SECOND
# Just longer than QueryApi waits: a timeout that is asked for holds the function no longer.
SILENT_SECONDS = API_TIMEOUT_SECONDS + 1


class BuyWithPrimeSandboxStack(Stack):
    """What stands in for Buy with Prime where no endpoint or no bus is configured.

    `api_url` is the address of the GraphQL API, and `token` the secret that holds its token.

    Its function has no concurrency reserved: a new account has ten executions at once in all and
    lets none of them be reserved. The stages' throttles and its short timeout bound it instead, and
    only whoever has the token, which are the functions, can have it wait at all.
    """

    def __init__(
        self, scope: Construct, id: str, settings: Settings, bus_name: str, **stack: Any
    ) -> None:
        super().__init__(scope, id, **stack)
        self.token = self._build_token()
        self.function = self._build_function(settings, bus_name)
        graphql_api = self._build_graphql_api()
        event_api = self._build_event_api()
        self.api_url = address(settings, graphql_api, "graphql")
        # Exported though nobody may import it: what an old template imports must not vanish.
        for value in (
            self.token.secret_arn,
            graphql_api.rest_api_id,
            graphql_api.deployment_stage.stage_name,
        ):
            self.export_value(value)
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
            {
                "EVENT_BUS_NAME": bus_arn,
                "TOKEN_SECRET_ARN": self.token.secret_arn,
                "MAX_COUNT": str(EVENTS_A_REQUEST),
                "SILENT_SECONDS": str(SILENT_SECONDS),
                "CONTRACT": settings.contract,
            },
            "mock_api.aws_lambda.handler",
            timeout=Duration.seconds(SILENT_SECONDS + 1),
        )
        function.allow("events:PutEvents", bus_arn)
        function.allow("secretsmanager:GetSecretValue", self.token.secret_arn)
        return function

    def _build_token(self) -> secretsmanager.Secret:
        """A token that is made in the account, in the form that QueryApi reads."""
        made = secretsmanager.SecretStringGenerator(
            secret_string_template="{}",  # noqa: S106
            generate_string_key="apiToken",
            exclude_punctuation=True,
        )
        token = secretsmanager.Secret(self, "ApiToken", generate_secret_string=made)
        acknowledge(token, "It opens made-up data, and goes with the stack.", "AwsSolutions-SMG4")
        return token

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
        requests_a_second = EVENTS_A_SECOND // EVENTS_A_REQUEST
        plan = api.add_usage_plan(
            "UsagePlan",
            api_stages=[apigateway.UsagePlanPerApiStage(stage=api.deployment_stage)],
            throttle=apigateway.ThrottleSettings(
                rate_limit=requests_a_second, burst_limit=5 * requests_a_second
            ),
            quota=apigateway.QuotaSettings(
                limit=EVENTS_A_DAY // EVENTS_A_REQUEST, period=apigateway.Period.DAY
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
                throttling_rate_limit=QUERIES_A_SECOND,
                throttling_burst_limit=2 * QUERIES_A_SECOND,
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
