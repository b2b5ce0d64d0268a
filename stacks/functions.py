"""The three functions of the state machine, each with its own role and log group."""

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.keys import EVENTS, RESPONSES
from domain.names import MOCK_TOKEN
from domain.regions import AWS, partition
from domain.telemetry import NAMESPACE
from stacks.acknowledgments import acknowledge, acknowledge_prefixes
from stacks.bundle import PYTHON, bundle
from stacks.settings import Settings
from stacks.storage import WRITING

# From the curves in bench/results.md. What only computes costs the same with more memory, since
# it is done sooner; QueryApi waits for the API, and pays for its memory as long.
COMPUTING_MB = 512
WAITING_MB = 256
# What QueryApi waits for others in all: two seconds less than its task may take, in which it starts
# cold, or loads the AWS SDK to store a large response.
API_TIMEOUT_SECONDS = 6


class Function(lambda_.Function):
    """A function that may write its logs and traces, and nothing else until it is told."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        folder: str,
        settings: Settings,
        environment: dict[str, str],
        handler: str | None = None,
        memory_size: int = WAITING_MB,
        **properties: Any,
    ) -> None:
        log_group = event_log_group(scope, f"{id}Logs", settings)
        role = iam.Role(scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        super().__init__(
            scope,
            id,
            runtime=lambda_.Runtime(f"python{PYTHON}", lambda_.RuntimeFamily.PYTHON),
            architecture=architecture(Stack.of(scope).region),
            code=lambda_.Code.from_asset(str(bundle(folder))),
            handler=handler or f"functions.{folder}.handler.handler",
            memory_size=memory_size,
            role=role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                "POWERTOOLS_SERVICE_NAME": id,
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": settings.log_level,
                **environment,
            },
            **properties,
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
            "Whoever invokes it does so synchronously and keeps what fails.",
            "Serverless-LambdaDLQ",
        )

    def allow(self, action: str, *resources: str) -> None:
        """Let the function do one thing with these resources."""
        self.add_to_role_policy(iam.PolicyStatement(actions=[action], resources=list(resources)))

    def allow_objects(self, action: str, bucket: s3.IBucket, *prefixes: str) -> None:
        """Let the function do one thing with the objects under these prefixes of the bucket."""
        self.allow(action, *(bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes))
        acknowledge_prefixes(self.role or self, bucket, *prefixes)

    def allow_key(self, settings: Settings, *actions: str) -> None:
        """Let the function use the key that the bucket encrypts with, where there is one."""
        if settings.key_arn:
            for action in actions:
                self.allow(action, settings.key_arn)


class HydrationFunctions(Construct):
    """ExtractId, QueryApi with its credentials, and ClassifyError."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        settings: Settings,
        bucket: s3.IBucket,
        api_url: str,
        token: secretsmanager.ISecret | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.extract_id = self._build_extract_id(settings)
        self.query_api = self._build_query_api(settings, bucket, api_url)
        self.classify_error = self._build_classify_error(settings, bucket)
        made = self._build_credentials()
        self.credentials = made if settings.has_secret else None
        if secret := self.credentials or token:
            self.query_api.add_environment("CREDENTIALS_SECRET_ARN", secret.secret_arn)
            self.query_api.allow("secretsmanager:GetSecretValue", secret.secret_arn)
        else:
            self.query_api.add_environment("API_TOKEN", MOCK_TOKEN)

    def _build_extract_id(self, settings: Settings) -> Function:
        return Function(
            self,
            "ExtractId",
            "extract_id",
            settings,
            {},
            memory_size=COMPUTING_MB,
            timeout=Duration.seconds(5),
        )

    def _build_query_api(self, settings: Settings, bucket: s3.IBucket, api_url: str) -> Function:
        environment = {
            "API_URL": api_url,
            "API_TIMEOUT_SECONDS": str(API_TIMEOUT_SECONDS),
            "INSTALLATION_ID": settings.installation_id,
            "RESPONSE_BUCKET_NAME": bucket.bucket_name,
        }
        told = {
            "TOKEN_URL": settings.token_url,
            "API_VERSION": settings.api_version,
            "TARGET_ID": settings.target_id,
        }
        environment |= {name: value for name, value in told.items() if value}
        function = Function(
            self,
            "QueryApi",
            "query_api",
            settings,
            environment,
            timeout=Duration.seconds(8),
            reserved_concurrent_executions=settings.query_api_concurrency,
        )
        function.allow_objects("s3:PutObject", bucket, *RESPONSES)
        function.allow_key(settings, *WRITING)
        return function

    def _build_classify_error(self, settings: Settings, bucket: s3.IBucket) -> Function:
        function = Function(
            self,
            "ClassifyError",
            "classify_error",
            settings,
            {
                "RESPONSE_BUCKET_NAME": bucket.bucket_name,
                "REDRIVE_DELAYS": ",".join(map(str, settings.redrive_delays)),
            },
            memory_size=COMPUTING_MB,
            timeout=Duration.seconds(5),
        )
        function.allow_objects("s3:PutObject", bucket, EVENTS)
        function.allow_key(settings, *WRITING)
        return function

    def _build_credentials(self) -> secretsmanager.Secret:
        """The secret that `accelerator credentials push` fills.

        It is there with any settings: whoever deploys without those of the credentials, and puts it
        right again, has to push nothing.
        """
        secret = secretsmanager.Secret(self, "Credentials")
        acknowledge(
            secret,
            "Its values come from whoever runs the API, who alone can rotate them.",
            "AwsSolutions-SMG4",
        )
        return secret


def event_log_group(
    scope: Construct, id: str, settings: Settings, name: str | None = None
) -> logs.LogGroup:
    """A log group that belongs to the stack and keeps its logs for as long as is configured."""
    group = logs.LogGroup(scope, id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    resource: Any = group.node.default_child
    resource.retention_in_days = settings.retention_days
    return group


def architecture(region: str) -> lambda_.Architecture:
    """The cheaper one where it is for sure; what is deployed runs on both.

    AWS tells of arm64 for the regions of the partition `aws` alone ("AWS Lambda functions powered
    by AWS Graviton2 processor", AWS News Blog, as of 2023-06-19). A region that is not known yet,
    when nobody names one, is one of these.
    """
    sure = Token.is_unresolved(region) or partition(region) == AWS
    return lambda_.Architecture.ARM_64 if sure else lambda_.Architecture.X86_64
