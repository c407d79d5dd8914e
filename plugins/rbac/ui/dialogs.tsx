import { type ApiProblem, api, Button, copy, Dialog, Facts, Field, ProblemLine, problemOf, toast } from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { endText, rightsText } from './key-words.ts'
import type { Key, Made } from './types.ts'

/** The one moment at which a key can be seen. */
export function MadeDialog({ made, onClose }: { made: Made; onClose(): void }) {
  const [stored, setStored] = useState(false)
  return (
    <Dialog
      title={`Key ${made.key.name} made`}
      onClose={onClose}
      foot={
        <Button kind="primary" disabled={!stored} onClick={onClose}>
          Close
        </Button>
      }
    >
      <p>Copy it now. It is shown once; afterwards only a hash of it exists.</p>
      <Field label="Key" mono readOnly value={made.secret} onFocus={event => event.currentTarget.select()} />
      <div class="row">
        <Button icon="copy" onClick={() => copy(made.secret, 'Key')}>
          Copy
        </Button>
      </div>
      <Facts
        items={[
          ['Use', made.key.kind === 'model' ? 'model path' : 'API'],
          [made.key.kind === 'model' ? 'Models' : 'May', rightsText(made.key)],
          ['Ends', endText(made.key)],
        ]}
      />
      <label class="row">
        <input
          class="check"
          type="checkbox"
          checked={stored}
          onChange={event => setStored(event.currentTarget.checked)}
        />
        I have stored it
      </label>
    </Dialog>
  )
}

/** Revoking cannot be undone, so it asks. */
export function RevokeDialog({ target, onClose }: { target: Key; onClose(revoked: boolean): void }) {
  const [problem, setProblem] = useState<ApiProblem | null>(null)
  async function revoke(): Promise<void> {
    try {
      await api.del(`rbac/keys/${target.id}`)
      toast(`Key ${target.name} revoked`)
      onClose(true)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  return (
    <Dialog
      title={`Revoke ${target.name} …${target.last4}`}
      onClose={() => onClose(false)}
      foot={
        <>
          <Button onClick={() => onClose(false)}>Keep it</Button>
          <Button kind="danger" onClick={revoke}>
            Revoke key
          </Button>
        </>
      }
    >
      <p>
        Calls with this key are refused at once, and open streams end. It cannot be brought back; whoever uses it needs
        a new one.
      </p>
      <ProblemLine problem={problem} />
    </Dialog>
  )
}
