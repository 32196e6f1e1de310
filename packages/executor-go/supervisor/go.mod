module gorunner/supervisor

go 1.24
