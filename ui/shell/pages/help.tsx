import { AreaBox, Page } from 'clawnex/ui'
import { AREAS } from '../areas.ts'
import { KeysList } from '../keys-dialog.tsx'

/** Keys, and what is where. */
export function HelpPage() {
  return (
    <Page title="Help">
      <div class="areas">
        <AreaBox title="Keys" width={7} note="the same list opens with ? on every page">
          <KeysList />
        </AreaBox>
        <AreaBox title="What is where" width={5}>
          <dl class="facts">
            {AREAS.map(({ area, title, about }) => [
              <dt key={area}>
                <a class="link" href={`/${area}`}>
                  {title}
                </a>
              </dt>,
              <dd key={`${area} about`}>{about}</dd>,
            ])}
          </dl>
        </AreaBox>
        <AreaBox title="Query" width={7} first note="the same in the dashboard, the command line and the API">
          <dl class="facts">
            <dt>
              <code>verdict:block</code>
            </dt>
            <dd>a field and its value; chips and text are the same filter</dd>
            <dt>
              <code>-model:demo</code>
            </dt>
            <dd>without these</dd>
            <dt>
              <code>severity:&gt;=high</code>
            </dt>
            <dd>at least; also &gt; &lt; &lt;=</dd>
            <dt>
              <code>since:24h</code>
            </dt>
            <dd>s, m, h, d, w; shown as the time range</dd>
            <dt>
              <code>"two words"</code>
            </dt>
            <dd>text as it stands</dd>
          </dl>
        </AreaBox>
        <AreaBox title="API" width={5}>
          <p>
            The API does all that the dashboard does. Its description:{' '}
            <a class="link" data-inline="" href="/api/v1/openapi.json">
              openapi.json
            </a>
            . On the command line: <code>./clawnex help</code>.
          </p>
        </AreaBox>
      </div>
    </Page>
  )
}
