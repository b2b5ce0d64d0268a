"""The tests' own machinery: stand-ins that are as strict as AWS."""
