"""The system of record: engine, tables, jobs and journal."""
