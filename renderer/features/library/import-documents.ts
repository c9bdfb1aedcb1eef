/**
 * Adding documents: chosen or dropped files become grants, grants become import jobs.
 * Owns what is being handed over (uploads) and the grants of jobs that may still ask for a password.
 */
import { useMemo } from "react";
import { create } from "zustand";
import type { EngineClient } from "../../../engine/protocol/client.ts";
import { useClient, useHost } from "../../engine/engine-context.tsx";
import type { Dropped, Grant, UploadProgress } from "../../engine/host.ts";
import { report } from "../../state/notices.ts";
import { useSettings } from "../../state/settings.ts";

interface UploadsState {
  /** What is on its way to the host, by name. */
  readonly uploads: ReadonlyMap<string, UploadProgress>;
  /** Grants of running imports, by job: a password asks for the same file again. */
  readonly grants: ReadonlyMap<string, Grant>;
}

export const useUploads = create<UploadsState>(() => ({ uploads: new Map(), grants: new Map() }));

export interface Importing {
  readonly addFiles: () => void;
  readonly addFolder: () => void;
  readonly addDropped: (dropped: Dropped) => void;
  readonly withPassword: (jobId: string, password: string) => void;
}

export function useImporting(): Importing {
  const client = useClient();
  const host = useHost();
  return useMemo(() => {
    const add = (choose: () => Promise<readonly Grant[]>): void => {
      void addGrants(client, choose); // reports its own failures
    };
    return {
      addFiles: () => add(() => host.chooseFiles(showProgress)),
      addFolder: () => add(() => host.chooseFolder(showProgress)),
      addDropped: (dropped) => add(() => host.grantDropped(dropped, showProgress)),
      withPassword: (jobId, password) => {
        const grant = useUploads.getState().grants.get(jobId);
        if (client !== null && grant !== undefined) void importGrant(client, grant, password).catch(report);
      },
    };
  }, [client, host]);
}

async function addGrants(client: EngineClient | null, choose: () => Promise<readonly Grant[]>): Promise<void> {
  try {
    const grants = await choose();
    if (client === null) return;
    for (const grant of grants) await importGrant(client, grant);
  } catch (error) {
    report(error);
  } finally {
    useUploads.setState({ uploads: new Map() });
  }
}

async function importGrant(client: EngineClient, grant: Grant, password?: string): Promise<void> {
  const read = useSettings.getState().readInBackground;
  const job = await client.call("document.import", {
    grant: grant.grant,
    name: grant.name,
    read,
    ...(password === undefined ? {} : { password }),
  });
  useUploads.setState(({ grants }) => ({ grants: new Map(grants).set(job.id, grant) }));
}

function showProgress(progress: UploadProgress): void {
  useUploads.setState(({ uploads }) => {
    const next = new Map(uploads);
    if (progress.sentBytes >= progress.totalBytes) next.delete(progress.name);
    else next.set(progress.name, progress);
    return { uploads: next };
  });
}
