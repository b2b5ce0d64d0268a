"""What Step Functions writes of an execution into its log, by the log's configuration."""

from typing import Any

# The types of records that each level keeps, of all that there are but those of Map, Parallel and
# Wait states; ALL keeps each (Step Functions developer guide, "Log levels for Step Functions
# execution events").
FATAL_TYPES = {"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
ERROR_TYPES = FATAL_TYPES | {
    *("FailStateEntered", "TaskFailed", "TaskStartFailed", "TaskStateAborted", "TaskSubmitFailed"),
    *("TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionScheduleFailed"),
    *("LambdaFunctionStartFailed", "LambdaFunctionTimedOut"),
}
ALL_TYPES = ERROR_TYPES | {
    *("ChoiceStateEntered", "ChoiceStateExited", "ExecutionStarted", "ExecutionSucceeded"),
    *("LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"),
    *("PassStateEntered", "PassStateExited", "SucceedStateEntered", "SucceedStateExited"),
    *("TaskScheduled", "TaskStarted", "TaskStateEntered", "TaskStateExited", "TaskSubmitted"),
    "TaskSucceeded",
}
TYPES = {"ALL": ALL_TYPES, "ERROR": ERROR_TYPES, "FATAL": FATAL_TYPES, "OFF": set[str]()}
# Seen on AWS, in the recorded answers of localstack's tests/aws/services/stepfunctions/v2/logs.
DATA = {"input", "inputDetails", "output", "outputDetails", "parameters"}


def log_record(
    arn: str, number: int, kind: str, at: int, details: dict[str, Any], with_data: bool
) -> dict[str, Any]:
    """The record of an entry of an execution's history, made at a time in milliseconds.

    (Step Functions developer guide, "Using CloudWatch Logs to log execution history".)
    """
    if not with_data:
        details = {name: value for name, value in details.items() if name not in DATA}
    return {
        "id": str(number),
        "type": kind,
        "details": details,
        "redrive_count": "0",
        "previous_event_id": str(number - 1),
        "event_timestamp": str(at),
        "execution_arn": arn,
    }
