export default function RunPage({ executionId }: { executionId: string }) {
  return executionId;
}
