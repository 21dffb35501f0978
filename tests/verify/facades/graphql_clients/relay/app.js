// Compiled by relay-compiler; its artefacts are in __generated__.
import { graphql } from "relay-runtime";

graphql`
  query appPopularQuery($first: Int!) {
    popular(first: $first) {
      id
      ...app_tile
    }
  }
`;

graphql`
  fragment app_tile on Title {
    name
    poster {
      url
    }
  }
`;

graphql`
  mutation appProgressMutation($id: ID!, $seconds: Int!) {
    setProgress(title: $id, positionSeconds: $seconds, user: "u6") {
      positionSeconds
    }
  }
`;
