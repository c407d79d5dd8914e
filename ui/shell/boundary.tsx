import { Button, Icon } from 'clawnex/ui'
import { Component, type ComponentChildren } from 'preact'
import type { Source } from './registry.ts'

interface BoundaryProps {
  readonly source: Source
  /** What failed, for the message: "page", "panel". */
  readonly what: string
  /** Frame around the message where the place needs one: a page's main column. */
  readonly frame?: (message: ComponentChildren) => ComponentChildren
  readonly children: ComponentChildren
}

/** Holds a failing contribution to its own place and names who made it. */
export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  override componentDidCatch(error: unknown): void {
    this.setState({ error: error instanceof Error ? error : new Error(String(error)) })
  }

  override render() {
    const { error } = this.state
    const { source, what, frame, children } = this.props
    if (error === null) return children
    const message = (
      <div class="fault" role="alert">
        <Icon name="x" />
        <span>
          The {what} of <b>{source.plugin}</b> {source.version} failed: {error.message}
        </span>
        <Button kind="quiet" onClick={() => this.setState({ error: null })}>
          Try again
        </Button>
      </div>
    )
    return frame ? frame(message) : message
  }
}
