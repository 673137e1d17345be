"""The four workers as QThreads: their threads, their order, what is known of them."""
