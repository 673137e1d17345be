"""The offline rules assessor: explained rules over geometry and motion; nothing is learned."""
