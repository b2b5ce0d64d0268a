"""The commands of README and CONTRIBUTING that no test can type, why, and what is known of each."""

import json
import re
import shlex
from collections.abc import Callable

import botocore.session

from tests.harness.environment import PROJECT

CDK_OPTIONS = PROJECT / "node_modules" / "aws-cdk" / "lib" / "cli" / "cli-type-registry.json"


def is_of_the_cdk(command: str) -> bool:
    """Whether the CDK has this command with these options."""
    _, cdk, name, *options = shlex.split(command)
    known = json.loads(CDK_OPTIONS.read_text(encoding="utf-8"))["commands"][name]["options"]
    return cdk == "cdk" and {each.removeprefix("--") for each in options} <= known.keys()


def is_of_the_aws_cli(command: str) -> bool:
    """Whether AWS's command line, which is made of botocore's models, takes it."""
    service, name, *words = shlex.split(command.partition("$(aws ")[2].rstrip(")"))
    given = {word.removeprefix("--") for word in words if word.startswith("--")}
    model = botocore.session.get_session().get_service_model(service)
    (operation,) = (each for each in model.operation_names if each.lower() == name.replace("-", ""))
    taken = {"".join(re.findall("[a-z]+", each.lower())) for each in given - {"query", "output"}}
    shape = model.operation_model(operation).input_shape
    return shape is not None and taken <= {each.lower() for each in shape.members}


def names_what_is_there(command: str) -> bool:
    """Whether what it names of the tests is there."""
    files = re.findall(r"tests/[\w/.]*\w", command)
    return bool(files) and all((PROJECT / each).exists() for each in files)


def is_a_target(command: str) -> bool:
    """Whether make has it."""
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    return re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE) is not None


ACCOUNT, LONG = "asks an AWS account", "takes long, and is a part of what runs this"
NOT_TYPED: dict[str, tuple[str, Callable[[str], bool]]] = {
    **dict.fromkeys(
        ("npx cdk bootstrap", "npx cdk deploy --all", "npx cdk destroy --all"),
        (ACCOUNT, is_of_the_cdk),
    ),
    "key=$(aws apigateway get-api-key --api-key KEY_ID --include-value --query value "
    "--output text)": (ACCOUNT, is_of_the_aws_cli),
    "make test": ("runs this", is_a_target),
    "make lint": (LONG, is_a_target),
    "make fast": (LONG, is_a_target),
    "make demo": ("was typed from README", is_a_target),
    "make docs": ("tests/integration/test_add_an_event_type.py runs it", is_a_target),
    "make bench": ("takes five minutes", is_a_target),
    "pytest tests/state_machine": (LONG, names_what_is_there),
    'docker run -p 8083:8083 -v "$PWD/tests/MockConfigFile.json:/mock.json" \\\n'
    "    -e SFN_MOCK_CONFIG=/mock.json amazon/aws-stepfunctions-local": (
        "needs Docker",
        names_what_is_there,
    ),
    "STEPFUNCTIONS_LOCAL_ENDPOINT=http://127.0.0.1:8083 "
    "pytest tests/state_machine/test_mock_config.py": (
        "needs what the command before it starts",
        names_what_is_there,
    ),
}
