"""What is deployed: assertions on the synthesized template."""

import json
import re
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from aws_cdk import App
from cfnlint import ConfigMixIn, ManualArgs
from cfnlint.decode.decode import decode_str
from cfnlint.runner import Runner

from domain.event import read
from domain.event_types import FAMILIES, families
from domain.executions import IGNORING
from domain.family import MOCK, PUBLISHED
from domain.keys import RESPONSES
from domain.names import QUERY_API
from functions.query_api.graphql import DOCUMENTS
from stacks.definition import DEFINITION
from stacks.event_accelerator_stack import EventAcceleratorStack
from stacks.settings import Settings
from tests.harness.deployed import as_deployed
from tests.stack.synth import (
    ACCELERATOR,
    API,
    DEFAULT,
    EXISTING,
    OPERATIONS,
    SANDBOX,
    named,
    resources,
    template,
)

OF_CONTRACT = {MOCK: DEFAULT, PUBLISHED: replace(DEFAULT, api_version=PUBLISHED)}
ENCRYPTED = replace(DEFAULT, key_arn="arn:aws:kms:us-east-1:123456789012:key/30b55436")
BOTH = pytest.mark.parametrize("settings", [DEFAULT, EXISTING], ids=["default", "existing"])
ASL: dict[str, Any] = json.loads(DEFINITION.read_text())


def short(value: Any) -> Any:
    """A template's value with its references shortened to the ids they refer to."""
    if isinstance(value, dict):
        if "Ref" in value:
            return f"<{readable(value['Ref'])}>"
        if "Fn::GetAtt" in value:
            return f"<{readable(value['Fn::GetAtt'][0])}>"
        if "Fn::Join" in value:
            return "".join(str(part) for part in short(value["Fn::Join"][1]))
        return {name: short(item) for name, item in value.items()}
    return [short(item) for item in value] if isinstance(value, list) else value


def readable(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


def statements(settings: Settings) -> dict[str, list[tuple[Any, Any]]]:
    """The actions and resources that each role's policies allow."""
    allowed: dict[str, list[tuple[Any, Any]]] = {}
    for policy in resources(settings, "AWS::IAM::Policy").values():
        (role,) = short(policy["Roles"])
        for statement in short(policy["PolicyDocument"]["Statement"]):
            assert statement["Effect"] == "Allow"
            assert statement.keys() <= {"Effect", "Action", "Resource", "Sid"}
            allowed.setdefault(role, []).append((statement["Action"], statement["Resource"]))
    for role in resources(settings, "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role
        assert "Policies" not in role
    return allowed


TRACES = (["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")
LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
CONSUME = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
]
SAMPLING = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]


def under(bucket: str, *prefixes: str) -> Any:
    keys = [f"{bucket}/{prefix}/*" for prefix in prefixes]
    return keys if len(keys) > 1 else keys[0]


@pytest.mark.parametrize(
    ("settings", "bucket"),
    [(DEFAULT, "<StorageBucket>"), (EXISTING, "arn:aws:s3:::my-responses")],
)
def test_each_role_may_do_exactly_its_work(settings: Settings, bucket: str) -> None:
    allowed = {
        role: sorted(
            (sorted([a] if isinstance(a, str) else a), sorted(r) if isinstance(r, list) else r)
            for a, r in found
        )
        for role, found in statements(settings).items()
    }
    responses = sorted(prefix.strip("/") for prefix in RESPONSES)
    read_secret = (["secretsmanager:GetSecretValue"], "<FunctionsCredentials>")
    secret = [read_secret] if settings.has_secret else []
    logs = {name: (LOGS, f"<Functions{name}Logs>") for name in FUNCTIONS}
    assert allowed == {
        "<FunctionsExtractIdRole>": [logs["ExtractId"], TRACES],
        "<FunctionsQueryApiRole>": [
            logs["QueryApi"],
            (["s3:PutObject"], under(bucket, *responses)),
            *secret,
            TRACES,
        ],
        "<FunctionsClassifyErrorRole>": [
            logs["ClassifyError"],
            (["s3:PutObject"], under(bucket, "failures/events")),
            TRACES,
        ],
        "<HydrationHydrateEventRole>": sorted(
            [
                (LOG_DELIVERY, "*"),
                ([*SAMPLING, *TRACES[0]], "*"),
                (["lambda:InvokeFunction"], sorted(f"<Functions{name}>" for name in FUNCTIONS)),
                (["s3:PutObject"], under(bucket, "failures/unsent", *responses)),
                (["sqs:SendMessage"], ["<StorageFailureQueue>", "<StorageRedriveQueue>"]),
            ]
        ),
        "<RedriveRedriveRole>": sorted(
            [
                (LOGS, "<RedriveRedriveLogs>"),
                (["s3:DeleteObject"], under(bucket, "failures/events")),
                (["s3:GetObject"], under(bucket, "failures/events")),
                (["states:StartExecution"], "<HydrationHydrateEvent>"),
                (CONSUME, "<StorageRedriveQueue>"),
                TRACES,
            ]
        ),
        "<IngestionStartRole>": [(["states:StartExecution"], "<HydrationHydrateEvent>")],
    }


FUNCTIONS = ("ExtractId", "QueryApi", "ClassifyError")


@cache
def cfn_lint() -> Runner:
    """One for all templates, since loading its rules takes longer than checking a template."""
    # W3005: the CDK itself writes DependsOn for what a GetAtt already says.
    return Runner(ConfigMixIn(**ManualArgs(ignore_checks=["W3005"])))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "stack"),
    [
        (DEFAULT, ACCELERATOR),
        (DEFAULT, SANDBOX),
        (EXISTING, ACCELERATOR),
        (EXISTING, OPERATIONS),
    ],
)
def test_cfn_lint_finds_nothing(settings: Settings, stack: str) -> None:
    # It knows a placeholder for an integration's whole ARN alone.
    text = json.dumps(template(settings, stack)).replace("arn:${Partition}:", "arn:aws:")
    decoded, errors = decode_str(text)
    assert errors == []
    assert [str(match) for match in cfn_lint().validate_template(decoded)] == []


def test_placeholders_and_substitutions_are_the_same() -> None:
    machine = named(DEFAULT, "AWS::StepFunctions::StateMachine", "HydrateEvent")
    placeholders = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert machine["DefinitionSubstitutions"].keys() == placeholders
    assert json.loads(machine["DefinitionString"].replace("${Partition}", "aws")) == ASL


def test_rules_branches_and_documents_are_the_tables() -> None:
    route = ASL["States"]["RouteByEventType"]["Choices"]
    branches = [choice for choice in route if choice["Next"] != IGNORING]
    for family, branch in zip(FAMILIES, branches, strict=True):
        types = set(family.types.values())
        assert compared(branch) == {("$." + family.type_at, each) for each in types}
        result = ASL["States"][branch["Next"]]["Result"]
        assert result == {"hydration": {"entity": family.entity}}
        rules = resources(OF_CONTRACT[family.contract], "AWS::Events::Rule")
        (rule,) = [rule for name, rule in rules.items() if f"{family.name.title()}Rule" in name]
        assert set(read(rule["EventPattern"], family.type_at)) == types
        document = (DOCUMENTS / f"{family.document}.graphql").read_text()
        for variables in family.variables:
            assert all(f"${name}:" in document for name in variables)
    files = {str(f.relative_to(DOCUMENTS).with_suffix("")) for f in DOCUMENTS.rglob("*.graphql")}
    assert {family.document for family in FAMILIES} == files


def test_what_the_table_excludes_is_ignored() -> None:
    route = ASL["States"]["RouteByEventType"]["Choices"]
    ignoring = [compared(choice) for choice in route if choice["Next"] == IGNORING]
    excluding = [family for family in FAMILIES if family.only]
    for family, branch in zip(excluding, ignoring, strict=True):
        path, value = family.only or ("", "")
        types = {("$." + family.type_at, each) for each in family.types.values()}
        assert branch == {*types, ("$." + path, value)}


def compared(choice: dict[str, Any]) -> set[tuple[str, str]]:
    """What a branch compares with what, `$['detail-type']` written as `$.detail-type`."""
    return {
        (test["Variable"].replace("['", ".").replace("']", ""), test["StringEquals"])
        for test in leaves(choice)
        if "StringEquals" in test
    }


def leaves(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """The comparisons of a choice rule."""
    nested = [*rule.get("And", []), *rule.get("Or", []), *([rule["Not"]] if "Not" in rule else [])]
    return [leaf for inner in nested for leaf in leaves(inner)] or [rule]


@BOTH
def test_every_rule_starts_the_state_machine_and_keeps_what_it_cannot_start(
    settings: Settings,
) -> None:
    rules = resources(settings, "AWS::Events::Rule")
    assert len(rules) == len(families(settings.contract))
    for rule in rules.values():
        (target,) = rule["Targets"]
        assert short(target["Arn"]) == "<HydrationHydrateEvent>"
        assert short(target["DeadLetterConfig"]["Arn"]) == "<IngestionDeadLetterQueue>"
        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 86400,
            "MaximumRetryAttempts": 185,
        }
        assert "InputTransformer" not in target
        source = rule["EventPattern"].get("source")
        assert source == ([settings.event_source] if settings.event_source else None)
        bus = settings.event_bus_arn and "shop"
        assert short(rule["EventBusName"]) == (bus or "<IngestionEventBus>")


@BOTH
def test_queues_are_encrypted_tls_only_and_keep_messages_for_14_days(settings: Settings) -> None:
    queues = resources(settings, "AWS::SQS::Queue")
    assert len(queues) == 3
    for name, queue in queues.items():
        redriven = {"RedrivePolicy", "VisibilityTimeout"} if "RedriveQueue" in name else set()
        assert {field: value for field, value in queue.items() if field not in redriven} == {
            "SqsManagedSseEnabled": True,
            "MessageRetentionPeriod": 14 * 24 * 3600,
            "MaximumMessageSize": 1_048_576,
        }
    denied = [
        short(statement["Resource"])
        for policy in resources(settings, "AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert sorted(denied) == [
        "<IngestionDeadLetterQueue>",
        "<StorageFailureQueue>",
        "<StorageRedriveQueue>",
    ]


def test_what_cannot_be_redriven_automatically_goes_to_the_failure_queue() -> None:
    queue = short(named(DEFAULT, "AWS::SQS::Queue", "RedriveQueue"))
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": "<StorageFailureQueue>",
        "maxReceiveCount": 5,
    }
    source = short(named(DEFAULT, "AWS::Lambda::EventSourceMapping", "RedriveQueue"))
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["EventSourceArn"] == "<StorageRedriveQueue>"


def test_query_api_is_found_by_its_logical_id() -> None:
    functions = resources(DEFAULT, "AWS::Lambda::Function")
    assert len([name for name in functions if name.startswith(QUERY_API)]) == 1


def test_the_most_concurrent_api_calls_can_be_set() -> None:
    functions = resources(DEFAULT, "AWS::Lambda::Function").values()
    assert not any("ReservedConcurrentExecutions" in function for function in functions)
    limited = named(EXISTING, "AWS::Lambda::Function", "QueryApi")
    assert limited["ReservedConcurrentExecutions"] == EXISTING.query_api_concurrency


def test_query_api_gives_up_before_it_is_ended() -> None:
    query_api = named(DEFAULT, "AWS::Lambda::Function", "QueryApi")
    waits = float(query_api["Environment"]["Variables"]["API_TIMEOUT_SECONDS"])
    task = ASL["States"]["QueryApi"]["TimeoutSeconds"]
    assert waits + 2 <= min(query_api["Timeout"], task)


def test_automatic_redrives_can_be_turned_off() -> None:
    def delays(settings: Settings) -> str:
        function = named(settings, "AWS::Lambda::Function", "ClassifyError")
        told: str = function["Environment"]["Variables"]["REDRIVE_DELAYS"]
        return told

    assert (delays(DEFAULT), delays(EXISTING)) == ("60,300,900", "")


def test_the_bucket_is_versioned_encrypted_tls_only_and_private() -> None:
    bucket = named(DEFAULT, "AWS::S3::Bucket", "Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    policy = named(DEFAULT, "AWS::S3::BucketPolicy", "Bucket")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.slow
def test_a_configured_key_encrypts_the_bucket_and_is_for_those_who_use_objects() -> None:
    bucket = named(ENCRYPTED, "AWS::S3::Bucket", "Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": ENCRYPTED.key_arn,
        },
    }
    existing = replace(ENCRYPTED, bucket_arn=EXISTING.bucket_arn)
    for settings in (ENCRYPTED, existing):
        used = {
            role: {
                action
                for actions, resource in found
                if resource == settings.key_arn
                for action in ([actions] if isinstance(actions, str) else actions)
            }
            for role, found in statements(settings).items()
        }
        writing = {"kms:GenerateDataKey", "kms:Decrypt"}
        assert used == {
            "<FunctionsExtractIdRole>": set(),
            "<FunctionsQueryApiRole>": writing,
            "<FunctionsClassifyErrorRole>": writing,
            "<HydrationHydrateEventRole>": writing,
            "<RedriveRedriveRole>": {"kms:Decrypt"},
            "<IngestionStartRole>": set(),
        }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_nothing_is_of_another_partition_than_the_regions(region: str, partition: str) -> None:
    bus = f"arn:{partition}:events:{region}:123456789012:event-bus/shop"
    settings = Settings(
        region=region, api_url=API, event_bus_arn=bus, archive_days=7, log_execution_data=False
    )
    for given in (settings, Settings(region=region)):
        stacks = as_deployed(given)
        text = json.dumps(stacks)
        assert "arn:aws:" not in text
        # The names of services are the same everywhere, with the suffix of the partition `aws`.
        hosts = re.sub(r'"[a-z]+\.amazonaws\.com"', "", text)
        assert "amazonaws.com" not in hosts.replace("amazonaws.com.cn", ""), region
        functions = [
            resource["Properties"]
            for resource in stacks[ACCELERATOR]["Resources"].values()
            if resource["Type"] == "AWS::Lambda::Function"
        ]
        assert {tuple(each["Architectures"]) for each in functions} == {("x86_64",)}


def test_what_exists_is_used_and_not_made() -> None:
    assert not resources(EXISTING, "AWS::S3::Bucket")
    assert not resources(EXISTING, "AWS::Events::EventBus")
    assert len(resources(DEFAULT, "AWS::S3::Bucket")) == 1
    assert len(resources(DEFAULT, "AWS::Events::EventBus")) == 1
    outputs = {name: short(o["Value"]) for name, o in template(EXISTING)["Outputs"].items()}
    assert outputs["EventBusName"] == "shop"
    assert outputs["ResponseBucketName"] == "my-responses"


@BOTH
def test_functions_run_on_arm_and_log_for_a_month(settings: Settings) -> None:
    functions = resources(settings, "AWS::Lambda::Function")
    assert len(functions) == 4
    for function in functions.values():
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == f"python{sys.version_info.major}.{sys.version_info.minor}"
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert short(function["LoggingConfig"]["LogGroup"]).endswith("Logs>")
    groups = resources(settings, "AWS::Logs::LogGroup")
    assert len(groups) == 5
    assert {group["RetentionInDays"] for group in groups.values()} == {settings.retention_days}


@BOTH
def test_the_state_machine_is_express_traced_and_logged(settings: Settings) -> None:
    machine = named(settings, "AWS::StepFunctions::StateMachine", "HydrateEvent")
    assert machine["StateMachineType"] == "EXPRESS"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    logging = machine["LoggingConfiguration"]
    assert logging["IncludeExecutionData"] is settings.logs_data
    assert logging["Level"] == settings.execution_logs


def test_ignored_events_are_counted() -> None:
    metric = named(DEFAULT, "AWS::Logs::MetricFilter", "IgnoredEvents")
    assert "IgnoreEvent" in ASL["States"]
    assert '$.details.name = "IgnoreEvent"' in metric["FilterPattern"]
    assert metric["MetricTransformations"][0]["MetricName"] == "EventIgnored"


def test_outputs() -> None:
    outputs = {name for name in template(DEFAULT)["Outputs"] if not name.startswith("Exports")}
    assert outputs == {
        "EventBusName",
        "ResponseBucketName",
        "FailureQueueUrl",
        "DeadLetterQueueUrl",
        "StateMachineArn",
        "RedriveQueueUrl",
        "MayBeFiredAt",
    }


def test_a_bus_that_others_use_is_never_fired_at() -> None:
    assert template(DEFAULT)["Outputs"]["MayBeFiredAt"]["Value"] == "true"
    assert template(EXISTING)["Outputs"]["MayBeFiredAt"]["Value"] == "false"


def test_the_secret_holds_nothing_until_it_is_pushed() -> None:
    (secret,) = resources(EXISTING, "AWS::SecretsManager::Secret").values()
    assert "SecretString" not in secret
    # It is there unused, too: it outlives a deployment without the settings that use it.
    assert (
        resources(DEFAULT, "AWS::SecretsManager::Secret").keys()
        == resources(EXISTING, "AWS::SecretsManager::Secret").keys()
    )
    assert "CredentialsSecretArn" not in template(DEFAULT)["Outputs"]
    query_api = named(EXISTING, "AWS::Lambda::Function", "QueryApi")["Environment"]["Variables"]
    assert short(query_api["CREDENTIALS_SECRET_ARN"]) == "<FunctionsCredentials>"
    assert query_api["TOKEN_URL"] == EXISTING.token_url
    assert "API_TOKEN" not in query_api


def test_data_is_kept_unless_configured_otherwise() -> None:
    kept = [
        resource["Type"]
        for resource in template(DEFAULT)["Resources"].values()
        if resource.get("DeletionPolicy") == "RetainExceptOnCreate"
    ]
    assert sorted(kept) == ["AWS::S3::Bucket", *["AWS::SQS::Queue"] * 3]
    app = App(context={"aws:cdk:disable-asset-staging": True})
    stack = EventAcceleratorStack(app, ACCELERATOR, replace(DEFAULT, remove_data=True), API)
    removed = app.synth().get_stack_by_name(stack.stack_name).template["Resources"].values()
    assert not any("Retain" in resource.get("DeletionPolicy", "") for resource in removed)
    assert any(resource["Type"] == "Custom::S3AutoDeleteObjects" for resource in removed)


@pytest.mark.slow
def test_data_goes_when_it_should() -> None:
    def rules(settings: Settings) -> dict[str, dict[str, Any]]:
        (bucket,) = resources(settings, "AWS::S3::Bucket").values()
        found = bucket["LifecycleConfiguration"]["Rules"]
        assert all(rule["Status"] == "Enabled" for rule in found)
        return {rule["Id"]: rule for rule in found}

    kept = rules(DEFAULT)
    assert kept.keys() == {"Uploads", "OldVersions", "Failures"}
    assert kept["Uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert kept["OldVersions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    (queue, *_) = resources(DEFAULT, "AWS::SQS::Queue").values()
    failures = kept["Failures"]
    # A message that points to an object there is gone before the object is.
    assert failures["Prefix"] == "failures/"
    assert failures["ExpirationInDays"] * 86_400 > queue["MessageRetentionPeriod"]
    expiring = rules(replace(DEFAULT, data_days=400, old_version_days=1))
    assert expiring["OldVersions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    told = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in expiring.values()}
    assert told == {None: None, "failures/": 15} | dict.fromkeys(RESPONSES, 400)


def test_each_stored_object_is_announced_without_a_function() -> None:
    (bucket,) = resources(DEFAULT, "AWS::S3::Bucket").values()
    told = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert bucket["NotificationConfiguration"] == told
    assert not resources(DEFAULT, "Custom::S3BucketNotifications")
