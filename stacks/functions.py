"""The three functions of the state machine, each with its own role and log group."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mock_api.graphql_api import TOKEN
from stacks.acknowledgments import acknowledge, acknowledge_prefixes
from stacks.bundle import PYTHON, bundle
from stacks.settings import Settings

METRICS_NAMESPACE = "EventAccelerator"


class Function(lambda_.Function):
    """A function that may write its logs and traces, and nothing else until it is told."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        folder: str,
        timeout: Duration,
        environment: dict[str, str] | None = None,
        reserved_concurrency: int | None = None,
    ) -> None:
        log_group = logs.LogGroup(
            scope,
            f"{id}Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        super().__init__(
            scope,
            id,
            runtime=lambda_.Runtime(f"python{PYTHON}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(bundle(folder))),
            handler=f"functions.{folder}.handler.handler",
            memory_size=256,
            timeout=timeout,
            reserved_concurrent_executions=reserved_concurrency,
            role=role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                "POWERTOOLS_SERVICE_NAME": id,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                **(environment or {}),
            },
        )
        acknowledge(
            role,
            "X-Ray's PutTraceSegments and PutTelemetryRecords know no resources.",
            "AwsSolutions-IAM5[Resource::*]",
        )
        acknowledge(
            self,
            "The runtime is the Python that built and tested the bundle.",
            "AwsSolutions-L1",
            "Serverless-LambdaLatestVersion",
        )
        acknowledge(
            self,
            "Step Functions invokes it synchronously and catches what fails.",
            "Serverless-LambdaDLQ",
        )

    def allow_put_object(self, bucket: s3.IBucket, *prefixes: str) -> None:
        """Let the function put objects under these prefixes of the bucket."""
        self.add_to_role_policy(put_object(bucket, *prefixes))
        acknowledge_prefixes(self.role or self, bucket, *prefixes)


class HydrationFunctions(Construct):
    """ExtractId, QueryApi and ClassifyError."""

    def __init__(self, scope: Construct, id: str, settings: Settings, bucket: s3.IBucket) -> None:
        super().__init__(scope, id)
        self.extract_id = Function(self, "ExtractId", "extract_id", Duration.seconds(5))
        self.query_api = self._build_query_api(settings, bucket)
        self.classify_error = self._build_classify_error(settings, bucket)

    def _build_query_api(self, settings: Settings, bucket: s3.IBucket) -> Function:
        function = Function(
            self,
            "QueryApi",
            "query_api",
            Duration.seconds(8),
            {
                "API_URL": settings.api_url,
                "API_TIMEOUT_SECONDS": "6",
                "API_TOKEN": TOKEN,
                "INSTALLATION_ID": settings.installation_id,
                "RESPONSE_BUCKET_NAME": bucket.bucket_name,
            },
            settings.query_api_concurrency,
        )
        function.allow_put_object(bucket, *RESPONSE_PREFIXES)
        return function

    def _build_classify_error(self, settings: Settings, bucket: s3.IBucket) -> Function:
        function = Function(
            self,
            "ClassifyError",
            "classify_error",
            Duration.seconds(5),
            {
                "RESPONSE_BUCKET_NAME": bucket.bucket_name,
                "REDRIVE_DELAYS": ",".join(map(str, settings.redrive_delays)),
            },
        )
        function.allow_put_object(bucket, "failures/events/*")
        return function


RESPONSE_PREFIXES = ("order/*", "item/*", "inventory/*")


def put_object(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """The permission to put objects under these prefixes of the bucket."""
    return iam.PolicyStatement(
        actions=["s3:PutObject"], resources=[bucket.arn_for_objects(prefix) for prefix in prefixes]
    )
