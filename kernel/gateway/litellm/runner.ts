/**
 * Starts LiteLLM inside Python, and ends it with its parent: standard input is a pipe that only the gateway holds open, so it
 * closes however the gateway ends. SIGTERM lets running streams finish.
 */
export const RUNNER = `
import os, signal, sys, threading

def end_with_parent():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv[0] = 'litellm'
from litellm import run_server
sys.exit(run_server())
`
