"""The tests' own machinery: stand-ins that are as strict as AWS."""

from stacks.definition import DEFINITION as DEFINITION

ROLE = "arn:aws:iam::123456789012:role/any"

# What States.ALL does not match, by the Amazon States Language's specification and AWS's page
# "Handling errors in Step Functions workflows".
UNCATCHABLE_BY_ALL = ("States.DataLimitExceeded", "States.Runtime")
