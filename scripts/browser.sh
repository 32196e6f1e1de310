#!/bin/sh
# npm run test:browser: foreign pages, and the server's own, in a real browser. Arguments go to mocha.
# It drives Chromium, which is installed on Debian as root; GORUNNER_TEST_BROWSER names another one.
. "$(dirname "$0")/prepare.sh"
prepare browser
exec "$NODE" scripts/test-browser.mjs "$@"
