// A program of which only the link is of interest: see tg_layer.
int main() { return 0; }
