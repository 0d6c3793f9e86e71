"""What was found: tables, pictures, facts, comparison, files."""
