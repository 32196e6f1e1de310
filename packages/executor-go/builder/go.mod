module gorunner/builder

go 1.24
