"""What single engines cost, beside other libraries: one module an engine, run by itself."""
