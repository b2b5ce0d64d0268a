"""The common sample's way, written for the bench: boto3, a client a call, nothing reused."""
