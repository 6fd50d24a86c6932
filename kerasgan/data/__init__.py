"""From a folder of pictures to batches: doctor, store, pipeline; built-in pictures."""
