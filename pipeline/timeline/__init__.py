"""One timeline of what happened: cameras, workers, lag, alarms, operators."""
