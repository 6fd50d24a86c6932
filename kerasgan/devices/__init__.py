"""A batch on several devices and machines, and in turns on one."""
