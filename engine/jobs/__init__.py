"""What runs by itself: the sweep of due timers, the outbox, the scheduler."""
