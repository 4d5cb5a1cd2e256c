"""How often a caller may call: token buckets, in this process or shared by several."""
