"""Rules, schemas, storage and use cases, in folders named as in `src/cdsc_server`."""
