"""Stage 4: joins verdicts, remembers them, raises alarms."""
