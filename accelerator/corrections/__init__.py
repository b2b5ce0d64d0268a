"""What ministack lacks, or takes more kindly than AWS, for this product: a file a service."""

import re

# The requests of whoever reads the histories that only an emulator keeps carry this.
EMULATOR_READER = "accelerator-emulator-reader"
# `NonPartnerEventBusNameOrArn` of the model of EventBridge's API: what PutEvents takes.
NON_PARTNER_BUS = re.compile(
    r"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus/)?[.\-_A-Za-z0-9]+"
)
